/**
 * Placeholders that `kit import` writes for meanings that a cluster cannot state. A rule reports them until the team
 * replaces them.
 */

/** Description of an imported topic. */
export const importedTopicDescription = "Imported from the cluster; say here what its records mean.";

/** `doc` of the placeholder record for a topic without a schema in the registry. */
export const importedRecordDoc = "Placeholder: the registry held no schema of this topic when it was imported.";
