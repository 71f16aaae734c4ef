import { describe, expect, it } from "vitest";
import { mergeStackConfig } from "../../../../cli/pulumi/stack.ts";
import { exportLines } from "../../../../cli/pulumi/variables.ts";

const shared = "# One machine.\nconfig:\n  event-platform:platform:\n    substrate: local\n";

describe("the stack's own copy", () => {
  it("keeps this state folder's salt and takes everything else from the shared file", () => {
    const own = "config:\n  event-platform:platform:\n    substrate: gone\nencryptionsalt: v1:own\n";
    expect(mergeStackConfig(shared, own, "f")).toBe(`${shared}encryptionsalt: v1:own\n`);
  });

  it("drops a salt that someone's passphrase left in the shared file", () => {
    expect(mergeStackConfig(`${shared}encryptionsalt: v1:foreign\n`, "", "f")).toBe(shared);
  });

  it("keeps the shared salt where the shared file holds secrets", () => {
    const secret = `${shared}  event-platform:key:\n    secure: v1:abc\nencryptionsalt: v1:shared\n`;
    expect(mergeStackConfig(secret, "encryptionsalt: v1:own\n", "f")).toBe(secret);
  });

  it("is stable", () => {
    const once = mergeStackConfig(shared, "encryptionsalt: v1:own\n", "f");
    expect(mergeStackConfig(shared, once, "f")).toBe(once);
  });

  it("names the place of broken YAML", () => {
    expect(() => mergeStackConfig("config:\n  a: [1\n", "", "stacks/Pulumi.local.yaml")).toThrow(
      /stacks\/Pulumi\.local\.yaml:\d+:\d+/,
    );
  });
});

it("quotes every value for the shell", () => {
  expect(exportLines({ A: "it's $HOME" })).toBe("export A='it'\\''s $HOME'\n");
});
