import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { type ChildOptions, KitComponent } from "../../../components/component.ts";

class Sample extends KitComponent {
  constructor(name: string) {
    super("test:Sample", name);
    this.registerOutputs({});
  }

  /** What the base hands to a child. */
  optionsOfChild(options?: ChildOptions): pulumi.CustomResourceOptions {
    return this.child(options);
  }
}

class Part extends pulumi.CustomResource {
  constructor(name: string, options: pulumi.CustomResourceOptions) {
    super("test:index:Part", name, {}, options);
  }
}

const urnOf = (resource: pulumi.Resource): Promise<string> => new Promise((resolve) => resource.urn.apply(resolve));

describe("the base of components", () => {
  beforeAll(() =>
    pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs },
      "event-platform",
      "local",
    ),
  );

  it("puts its type token into the URN of each child", async () => {
    const part = new Part("a", new Sample("one").optionsOfChild());
    expect(await urnOf(part)).toBe("urn:pulumi:local::event-platform::platform:test:Sample$test:index:Part::a");
  });

  it("adds what the caller wants", () => {
    const sample = new Sample("two");
    expect(sample.optionsOfChild({ protect: true })).toEqual({ protect: true, parent: sample });
  });

  it("stays the parent, even of options that name another one", () => {
    const [sample, other] = [new Sample("three"), new Sample("four")];
    const taken = other.optionsOfChild();
    expect(sample.optionsOfChild(taken).parent).toBe(sample);
  });
});
