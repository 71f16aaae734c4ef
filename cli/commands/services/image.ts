import type { CommandDefinition } from "../../command.ts";
import { flag, text } from "../../command.ts";
import { EXIT, KitError } from "../../errors.ts";

/** `kit image`. */
export const image: CommandDefinition = {
  configure: (command) =>
    command
      .argument("<action>", "build")
      .argument("[services...]", "services to build (default: all templates)")
      .option(
        "--base <base>",
        "host: built from this machine's files; FILE: archive of an OCI image layout; NAME@sha256:…: built from the Dockerfile by docker, podman or buildah",
        "host",
      )
      .option(
        "--builder <program>",
        "docker, podman or buildah, when the base is a reference (default: the first that works)",
      )
      .option(
        "--node-image <reference>",
        "image with Node and npm to build in, when the base is a reference (default: the Dockerfile's)",
      )
      .option("--stack <stack>", "name the images as this Kubernetes stack does")
      .option("--tag <tag>", "tag and version (default: the stack's, else the project's version)")
      .option("--revision <commit>", "commit for a label (default: none, so that the same files give the same image)")
      .option("--out <file>", "archive to write (default: images.tar in the state directory)")
      .option("--json", "print {out, images: [{service, name, digest, size, base, platform}]}")
      .addHelpText(
        "after",
        `
Writes one archive (OCI image layout) with the services' images. Without a base it needs no container daemon and no registry, and
the same files give the same digests. Load or push it with \`skopeo copy\`, \`podman load\` or \`ctr images import\`: docs/guide/images.md.`,
      ),
  examples: [
    "npx kit image build",
    "npx kit image build order-service --stack prod --tag 1.4.0 --base base.tar --out order-service.tar",
    "npx kit image build --json | jq '.images[] | {(.service): .digest}'",
  ],
  async run(context, options, args) {
    const [action, ...services] = args;
    if (action !== "build")
      throw new KitError("KIT_USAGE", `The action must be build; got ${JSON.stringify(action ?? "")}.`);
    const [{ buildCommand }, { renderTable, writeJson }, { formatBytes }] = await Promise.all([
      import("../../image/build-command.ts"),
      import("../../terminal/output.ts"),
      import("../../terminal/quantities.ts"),
    ]);
    const { out, images, stack } = await buildCommand(context, {
      services,
      base: text(options, "base") ?? "host",
      builder: text(options, "builder"),
      nodeImage: text(options, "nodeImage"),
      stack: text(options, "stack"),
      tag: text(options, "tag"),
      revision: text(options, "revision"),
      out: text(options, "out"),
    });
    if (flag(options, "json")) {
      writeJson(context, { out, images });
      return EXIT.good;
    }
    const rows = images.map(({ name, digest, size }) => [name, formatBytes(size), digest]);
    context.stdout.write(
      `${renderTable([{ title: "image" }, { title: "size", align: "right" }, { title: "digest" }], rows)}\n\n${out}\n`,
    );
    if (stack !== undefined)
      context.stdout.write(
        `For kubernetes.workloads.images of stacks/Pulumi.${stack}.yaml:\n  digests:\n${images.map(({ service, digest }) => `    ${service}: ${digest}\n`).join("")}`,
      );
    return EXIT.good;
  },
};
