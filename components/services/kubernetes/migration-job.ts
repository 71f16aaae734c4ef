import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "../../kubernetes/manifest.ts";
import { containerSecurity, podSecurity } from "../../kubernetes/pod-security.ts";
import { pullPolicyOf } from "../../kubernetes/pull-policy.ts";
import { compareText } from "../../model/problems/problem.ts";
import type { Workload, WorkloadMigrations } from "../workload.ts";
import { FOLDERS } from "./config.ts";
import type { RenderContext } from "./context.ts";
import { IMAGE_ROOT } from "./deployment.ts";
import { imageReference } from "./image.ts";
import { metadataOf } from "./labels.ts";
import { serviceResources } from "./resources.ts";
import { serviceScheduling } from "./scheduling.ts";
import { secretMount, temporaryMount, volumeMounts } from "./volumes.ts";

/** Program of the service library, in every image: applies the library's migrations and a service's. */
export const MIGRATION_PROGRAM = "service-templates/lib/migration/migrate.ts";

/** A migration that takes longer belongs into hands that watch it. */
const LIMIT_SECONDS = 900;
/** A server that fails over is back by then; what a migration itself does wrong fails each time. */
const ATTEMPTS = 3;
/** A week, to read what a job said; those of earlier releases that nobody takes away must not fill the namespace's bound on jobs. */
const KEPT_SECONDS = 7 * 24 * 3_600;
const RESOURCES = { cpu: "100m", memory: "128Mi" } as const;

/** Suffix of the names of everything that a migration consists of. */
const PART = "migration";

/** A workload with migrations to apply. */
type Migrating = RenderContext & { readonly workload: Workload & { readonly migrations: WorkloadMigrations } };

/** Whether migrations are this workload's to apply. */
export function hasMigrations(context: RenderContext): context is Migrating {
  return context.workload.migrations !== undefined;
}

/** The migrating login's password and the authority of the server: apart from the service's own, which never sees it. */
export function migrationSecret(context: Migrating): Manifest {
  const { migrations } = context.workload;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadataOf(context, { part: PART, suffix: PART }),
    type: "Opaque",
    stringData: {
      "database-ca.pem": migrations.caCertificate,
      "database-password": migrations.password,
    },
  };
}

/**
 * Applies what the database lacks, with the image that the service is rolled out with. Its name follows from the image
 * and the files, so each release has a job of its own, and an unchanged one none.
 */
export function migrationJob(context: Migrating): Manifest {
  const { workload, settings } = context;
  const { migrations } = workload;
  const image = imageReference(workload.name, settings);
  const mounts = [temporaryMount(), secretMount(migrationSecret(context).metadata.name)];
  const variables: Record<string, pulumi.Input<string>> = {
    DATABASE_HOST: migrations.host,
    DATABASE_PORT: String(migrations.port),
    DATABASE_NAME: migrations.database,
    DATABASE_USER: migrations.user,
    DATABASE_OWNER: migrations.owner,
    DATABASE_PASSWORD_FILE: `${FOLDERS.secrets}/database-password`,
    ...(migrations.admin === undefined ? {} : { DATABASE_ADMIN: migrations.admin }),
    DATABASE_CA_FILE: `${FOLDERS.secrets}/database-ca.pem`,
    MIGRATIONS_DIR: `service-templates/${workload.name}/${migrations.folder}`,
  };
  const release = createHash("sha256").update(`${image}\0${migrations.digest}`).digest("hex").slice(0, 10);
  const metadata = metadataOf(context, { part: PART, suffix: `${PART}-${release}` });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...metadata,
      // The next run recreates a job that failed; a job cannot be repaired.
      annotations: { "pulumi.com/replaceUnready": "true", "pulumi.com/timeoutSeconds": String(LIMIT_SECONDS + 60) },
    },
    spec: {
      backoffLimit: ATTEMPTS - 1,
      activeDeadlineSeconds: LIMIT_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: { labels: metadata.labels },
        spec: {
          restartPolicy: "Never",
          serviceAccountName: workload.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          ...serviceScheduling(context),
          containers: [
            {
              name: "migration",
              image,
              imagePullPolicy: settings.images.pullPolicy ?? pullPolicyOf(image),
              workingDir: IMAGE_ROOT,
              command: ["node"],
              args: ["--disable-warning=ExperimentalWarning", MIGRATION_PROGRAM],
              env: Object.entries(variables)
                .sort(([a], [b]) => compareText(a, b))
                .map(([name, value]) => ({ name, value })),
              resources: serviceResources(RESOURCES),
              securityContext: containerSecurity,
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: volumeMounts(mounts),
            },
          ],
          volumes: mounts.map(({ volume }) => volume),
        },
      },
    },
  };
}
