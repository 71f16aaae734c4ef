/**
 * Kafka access rules whose creation was not confirmed in time. Their provider records them as half created, the engine
 * then wants to update them, and an access rule knows no update: without help every further `up` fails on them.
 * They are taken out of the state, so that the next run creates them again. That is safe, for creating a rule
 * that is there changes nothing; replacing would not be, for the old rule is deleted after the new, equal one is made.
 */
const GRANT_TYPE = "kafka:index/acl:Acl";

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly initErrors?: readonly string[];
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  readonly deletedWith?: string;
}

/** What `pulumi stack export` prints, as far as it matters here; everything else passes through. */
export interface ExportedStack {
  readonly deployment: { readonly resources?: readonly StateResource[] };
}

/** Whether a state file's text may hold such rules; cheap, asked at every run. */
export function mayHoldTornGrants(state: string): boolean {
  return state.includes('"initErrors"');
}

/** Whether a parsed document is an exported stack. */
export function isExportedStack(value: unknown): value is ExportedStack {
  return (
    typeof value === "object" &&
    value !== null &&
    "deployment" in value &&
    typeof value.deployment === "object" &&
    value.deployment !== null
  );
}

/**
 * The stack without half-created access rules, and without references to them; the next run records those again.
 * @returns `removed` has their URNs; empty when there are none, and `stack` is then the one given.
 */
export function withoutTornGrants<T extends ExportedStack>(stack: T): { stack: T; removed: readonly string[] } {
  const resources = stack.deployment.resources ?? [];
  const torn = new Set(
    resources.filter(({ type, initErrors = [] }) => type === GRANT_TYPE && initErrors.length > 0).map(({ urn }) => urn),
  );
  if (torn.size === 0) return { stack, removed: [] };
  const keep = (urns: readonly string[]): readonly string[] => urns.filter((urn) => !torn.has(urn));
  const kept = resources
    .filter(({ urn }) => !torn.has(urn))
    .map((resource) => ({
      ...resource,
      ...(resource.dependencies === undefined ? {} : { dependencies: keep(resource.dependencies) }),
      ...(resource.propertyDependencies === undefined
        ? {}
        : {
            propertyDependencies: Object.fromEntries(
              Object.entries(resource.propertyDependencies).map(([property, urns]) => [
                property,
                urns === null ? null : keep(urns),
              ]),
            ),
          }),
    }));
  return { stack: { ...stack, deployment: { ...stack.deployment, resources: kept } }, removed: [...torn].sort() };
}
