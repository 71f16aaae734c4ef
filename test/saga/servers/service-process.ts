/** A service as a process of its own, to be killed. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Environment } from "@event-platform-kit/service/config";
import { ROOT } from "./order-platform.ts";

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly managementPort: number;
}

/** Starts it and waits until it listens. */
export async function startServiceProcess(service: string, env: Environment): Promise<ServiceProcess> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(ROOT, `service-templates/${service}/src/main.ts`)],
    {
      env: { ...process.env, ...env, LOG_LEVEL: "info" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const managementPort = await new Promise<number>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString("utf8")).slice(-10_000);
      const started = /"management":(\d+)[^\n]*"msg":"started"/u.exec(text);
      if (started !== null) resolve(Number(started[1]));
    });
    child.once("exit", (code, signal) => reject(new Error(`${service} ended with ${code ?? signal}: ${text}`)));
  });
  return { child, managementPort };
}
