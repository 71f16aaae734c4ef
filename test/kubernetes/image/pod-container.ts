import * as z from "zod";
import type { RenderedObject } from "../judges/finding.ts";
import type { ContainerRun } from "./unpacked-image.ts";

const podSpec = z.object({
  containers: z.tuple([
    z.object({
      workingDir: z.literal("/app"),
      command: z.array(z.string()),
      args: z.array(z.string()),
      env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
    }),
  ]),
  volumes: z.array(
    z.object({
      name: z.string(),
      configMap: z
        .object({ name: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })).optional() })
        .optional(),
      secret: z.object({ secretName: z.string() }).optional(),
    }),
  ),
});
const template = z.object({ spec: z.object({ template: z.object({ spec: podSpec }) }) });
const content = z.object({
  data: z.record(z.string(), z.string()).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
});

/** What the kubelet would start for a rendered Deployment or Job: command, variables, and files out of ConfigMaps and Secrets. */
export function containerOf(
  kind: "Deployment" | "Job",
  isNamed: (name: string) => boolean,
  objects: readonly RenderedObject[],
): ContainerRun {
  const found = objects.find(({ object }) => object.kind === kind && isNamed(object.metadata.name));
  const {
    containers: [container],
    volumes,
  } = template.parse(found?.object).spec.template.spec;
  const files = volumes.flatMap((volume): [string, Record<string, string>][] => {
    const mount = container.volumeMounts.find(({ name }) => name === volume.name);
    const source = volume.configMap?.name ?? volume.secret?.secretName;
    if (mount === undefined || source === undefined) return [];
    const held = content.parse(
      objects.find(
        ({ object }) =>
          object.kind === (volume.configMap === undefined ? "Secret" : "ConfigMap") && object.metadata.name === source,
      )?.object,
    );
    const data = { ...held.data, ...held.stringData };
    const items = volume.configMap?.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return [[mount.mountPath, Object.fromEntries(items.map(({ key, path }) => [path, data[key] ?? ""]))]];
  });
  return {
    command: [...container.command, ...container.args],
    environment: Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? "pod-0"])),
    files: Object.fromEntries(files),
  };
}
