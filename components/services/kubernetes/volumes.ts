import { configNames, FOLDERS, schemaKey } from "./config.ts";
import type { RenderContext } from "./context.ts";
import { TEMPORARY_MEBIBYTES } from "./resources.ts";

/** A volume and its path in the container. */
export interface Mount {
  readonly volume: { readonly name: string; readonly [source: string]: unknown };
  readonly path: string;
  readonly readOnly: boolean;
}

/** Only the process may read its secrets. The kubelet adds read permission for the pod's group (`fsGroup`). */
const SECRET_MODE = 0o400;
const CONFIG_MODE = 0o444;

/**
 * Returns the volumes of a service's pods: those that are not empty, and a folder for temporary files, the only
 * writable path.
 */
export function serviceMounts({ workload }: RenderContext): readonly Mount[] {
  const names = configNames(workload.name);
  const mounts: Mount[] = [temporaryMount()];
  if (workload.files.some((file) => !file.secret)) {
    mounts.push({
      volume: { name: "config", configMap: { name: names.config, defaultMode: CONFIG_MODE } },
      path: FOLDERS.config,
      readOnly: true,
    });
  }
  if (workload.schemas.length > 0) {
    const items = workload.schemas.map(({ path }) => ({ key: schemaKey(path), path }));
    mounts.push({
      volume: { name: "schemas", configMap: { name: names.schemas, defaultMode: CONFIG_MODE, items } },
      path: FOLDERS.schemas,
      readOnly: true,
    });
  }
  if (workload.files.some((file) => file.secret)) mounts.push(secretMount(names.secret));
  return mounts;
}

/** Returns a mount of a Secret as files. */
export function secretMount(secretName: string): Mount {
  return {
    volume: { name: "secrets", secret: { secretName, defaultMode: SECRET_MODE } },
    path: FOLDERS.secrets,
    readOnly: true,
  };
}

/** Returns the mount of the only writable folder. */
export function temporaryMount(): Mount {
  return {
    volume: { name: "temporary", emptyDir: { sizeLimit: `${TEMPORARY_MEBIBYTES}Mi` } },
    path: FOLDERS.temporary,
    readOnly: false,
  };
}

/** Returns the mounts as a container has them. */
export function volumeMounts(mounts: readonly Mount[]): Record<string, unknown>[] {
  return mounts.map(({ volume, path, readOnly }) => ({
    name: volume.name,
    mountPath: path,
    ...(readOnly ? { readOnly } : {}),
  }));
}
