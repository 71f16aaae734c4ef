import type { ClaimCheckStoreConfig } from "../config.ts";
import { folderStore } from "./folder-store.ts";
import { s3Store } from "./s3-store.ts";
import type { ClaimCheckStore } from "./store.ts";

/** Returns the store that the configuration names. It connects at its first use. */
export function openClaimCheckStore(config: ClaimCheckStoreConfig): ClaimCheckStore {
  return "folder" in config ? folderStore(config.folder) : s3Store(config);
}
