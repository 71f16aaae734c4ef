/**
 * `node toolchain/prepare-prometheus.ts` prints the path of a Prometheus. It builds one if none is installed. The local
 * platform's process `prometheus` runs it before it becomes Prometheus itself, so `up` does not wait for the build.
 */
import { reasonOf } from "../components/machine/coded-error.ts";
import { preparePrometheus } from "./servers/prometheus.ts";

try {
  const { binary, version, origin } = await preparePrometheus((line) => console.error(line));
  console.error(`Prometheus ${version}, ${origin}`);
  console.log(binary);
} catch (error) {
  console.error(reasonOf(error));
  process.exitCode = 1;
}
