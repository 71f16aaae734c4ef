/**
 * The primitive types of Kafka's protocol, as far as the requests of this folder need them: integers, the compact strings
 * and arrays of the flexible versions, and the older strings of headers and handshake.
 */

/** Writes a message, value by value, into a buffer that grows. */
export class BytesWriter {
  #bytes = Buffer.alloc(256);
  #length = 0;

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  /** Base 128, low bits first. */
  unsignedVarint(value: number): this {
    const more = value > 0x7f;
    const at = this.#reserve(1);
    this.#bytes.writeUInt8((value % 0x80) | (more ? 0x80 : 0), at);
    return more ? this.unsignedVarint(Math.floor(value / 0x80)) : this;
  }

  /** Length in two bytes, then the text. */
  string(text: string): this {
    const bytes = Buffer.from(text);
    return this.int16(bytes.length).raw(bytes);
  }

  compactString(text: string | null): this {
    return this.compactBytes(text === null ? null : Buffer.from(text));
  }

  /** Length plus one, then the bytes; `null` is length 0. */
  compactBytes(bytes: Buffer | null): this {
    return bytes === null ? this.unsignedVarint(0) : this.unsignedVarint(bytes.length + 1).raw(bytes);
  }

  /** Each item writes its own tagged fields. `null` is not the same as no items: most requests take it for "all". */
  compactArray<T>(items: readonly T[] | null, write: (item: T) => void): this {
    this.unsignedVarint(items === null ? 0 : items.length + 1);
    for (const item of items ?? []) write(item);
    return this;
  }

  /** Ends a structure of a flexible version; there are no tagged fields that we send. */
  noTags(): this {
    return this.int8(0);
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): this {
    const start = this.#reserve(bytes.length);
    bytes.copy(this.#bytes, start);
    return this;
  }

  /** The message. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room; the place where it begins. */
  #reserve(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#length, 2 * this.#bytes.length));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    return start;
  }
}

/** Reads a message from its first byte to its last. Whatever reaches beyond the end throws a RangeError. */
export class BytesReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  unsignedVarint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 0x80) {
      const byte = this.#bytes[this.#advance(1)] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number has more than five bytes");
  }

  /** Length in two bytes, then the text. */
  string(): string {
    return this.#text(this.int16());
  }

  /** @throws RangeError for `null`, which the protocol does not have at such a place. */
  compactString(): string {
    const text = this.compactNullableString();
    if (text === null) throw new RangeError("a text is missing");
    return text;
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.#text(length - 1);
  }

  compactBytes(): Buffer {
    const length = Math.max(0, this.unsignedVarint() - 1);
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  compactArray<T>(read: () => T): T[] {
    return this.array(this.unsignedVarint() - 1, read);
  }

  /** Items of a known number; a negative one is `null`, which is read as none. */
  array<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  /** Passes over a compact string, bytes or not. */
  skipCompact(): void {
    this.#advance(Math.max(0, this.unsignedVarint() - 1));
  }

  skip(bytes: number): void {
    this.#advance(bytes);
  }

  /** @throws RangeError where bytes are left. */
  expectEnd(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError(`${this.#bytes.length - this.#at} bytes are left over`);
  }

  /** Ends a structure of a flexible version: what a newer server adds is passed over. */
  skipTags(): void {
    for (let left = this.unsignedVarint(); left > 0; left -= 1) {
      this.unsignedVarint();
      this.#advance(this.unsignedVarint());
    }
  }

  #text(length: number): string {
    const start = this.#advance(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** Moves on; the place before. */
  #advance(length: number): number {
    const start = this.#at;
    if (length < 0 || start + length > this.#bytes.length) throw new RangeError("it ends in the middle");
    this.#at = start + length;
    return start;
  }
}
