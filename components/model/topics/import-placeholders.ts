/** What `kit import` writes where a cluster can't say what things mean. A rule reminds of them until somebody has. */

/** Description of a topic that was taken over. */
export const importedTopicDescription = "Imported from the cluster; say here what its records mean.";

/** `doc` of the record that stands in where the registry had no schema. */
export const importedRecordDoc = "Placeholder: the registry held no schema of this topic when it was imported.";
