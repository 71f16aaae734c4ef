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

/** Program of the service library in every image. It applies the migrations of the library and of the service. */
export const MIGRATION_PROGRAM = "service-templates/lib/migration/migrate.ts";

/** Timeout of a migration. A longer migration should be run and watched by hand. */
const LIMIT_SECONDS = 900;
/** Maximum attempts. A server that fails over is back by the third. A faulty migration fails each time. */
const ATTEMPTS = 3;
/**
 * Seconds for which a job is kept: a week, to read its log. Old jobs of earlier releases must not fill the namespace's
 * limit of jobs.
 */
const KEPT_SECONDS = 7 * 24 * 3_600;
const RESOURCES = { cpu: "100m", memory: "128Mi" } as const;

/** Suffix of the names of all objects of a migration. */
const PART = "migration";

/** A workload with migrations to apply. */
type Migrating = RenderContext & { readonly workload: Workload & { readonly migrations: WorkloadMigrations } };

/** Returns whether this workload applies migrations. */
export function hasMigrations(context: RenderContext): context is Migrating {
  return context.workload.migrations !== undefined;
}

/**
 * Returns the Secret with the password of the migration login and the authority of the server. It is separate from the
 * service's own Secret, because the service never sees this password.
 */
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
 * Returns the job that applies the pending migrations, with the image of the rollout. Its name follows from the image
 * and the files. Each release thus has its own job, and an unchanged release has no new one.
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
      // The next run recreates a failed job, because a job cannot be updated.
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
