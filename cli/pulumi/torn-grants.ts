/**
 * Kafka ACLs whose creation was not confirmed in time. Their provider records them as half created. The engine then wants to
 * update them, but an ACL cannot be updated, so every further `up` would fail. The kit removes them from the state, so that the
 * next run creates them again. This is safe, because creating an existing ACL changes nothing. A replacement would not be safe:
 * it deletes the old ACL after it has made the new, equal one.
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

/** The used part of the output of `pulumi stack export`; everything else is kept unchanged. */
export interface ExportedStack {
  readonly deployment: { readonly resources?: readonly StateResource[] };
}

/** Whether a state file's text may contain such ACLs; cheap, checked at every run. */
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
 * The stack without half-created ACLs and without references to them; the next run records those again.
 * @returns `removed` has their URNs; if it is empty, `stack` is the given one.
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
