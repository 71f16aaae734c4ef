import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

const CHUNK_BYTES = 64 * 1024;

/** Reads a file to which another process appends lines. Returns a line only when it is complete. */
export class EventLog {
  readonly #path: string;
  #file: FileHandle | undefined;
  #offset = 0;
  #rest = Buffer.alloc(0);

  /** @param path - The file; it must exist. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Lines that were completed since the last call. */
  async newLines(): Promise<readonly string[]> {
    this.#file ??= await open(this.#path, "r");
    const parts = [this.#rest];
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      parts.push(buffer.subarray(0, bytesRead));
    }
    const bytes = Buffer.concat(parts);
    const end = bytes.lastIndexOf(0x0a);
    // Cut in bytes, because a character may be half written.
    this.#rest = bytes.subarray(end + 1);
    return end === -1 ? [] : bytes.subarray(0, end).toString("utf8").split("\n");
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
