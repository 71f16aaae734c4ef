import { folderStore } from "./claim-check-folder.ts";
import { s3Store } from "./claim-check-s3.ts";
import type { ClaimCheckStore } from "./claim-check-store.ts";
import type { ClaimCheckStoreConfig } from "./config.ts";

/** The store that the configuration names. Nothing is connected before its first use. */
export function openClaimCheckStore(config: ClaimCheckStoreConfig): ClaimCheckStore {
  return "folder" in config ? folderStore(config.folder) : s3Store(config);
}
