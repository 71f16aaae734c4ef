/** Errors of `kit image` and `kit new`. */
import { EXIT, type KitErrorEntry } from "./entry.ts";

export const servicesErrors = {
  KIT_IMAGE_HOST: {
    exitCode: EXIT.missing,
    message: "The images are for Linux, and the kit cannot build them on {value}.",
    fix: "Give a base by reference, so that docker, podman or buildah builds the image: --base gcr.io/distroless/cc-debian12:nonroot@sha256:…",
  },
  KIT_IMAGE_BASE: {
    exitCode: EXIT.usage,
    message: "The base cannot be used: {value}.",
    fix: "Give `host`, a reference with a digest, or an archive from `skopeo copy docker://NAME@sha256:… oci-archive:base.tar`.",
  },
  KIT_IMAGE_CODE: {
    exitCode: EXIT.usage,
    message: "The code cannot be packaged: {value}.",
    fix: "Correct that import. List a package under dependencies in package.json, then run `npm install`.",
  },
  KIT_IMAGE_PACKAGES: {
    exitCode: EXIT.missing,
    message: "The installed packages differ from package-lock.json: {value}.",
    fix: "Run `npm ci --ignore-scripts`, then this command again.",
  },
  KIT_IMAGE_BUILDER: {
    exitCode: EXIT.missing,
    message: "The image was not built from its Dockerfile: {value}",
    fix: "Check that docker, podman or buildah works and reaches the registries, or build without them: --base host, or --base ARCHIVE.",
  },
  KIT_IMAGE_UNKNOWN_SERVICE: {
    exitCode: EXIT.usage,
    message: "There is no service {value}.",
    fix: "Services are the folders of service-templates/ with a template.yaml.",
  },
  KIT_NEW_UNKNOWN_KIND: {
    exitCode: EXIT.usage,
    message: "kit new cannot create {value}.",
    fix: "`npx kit new service NAME --from TEMPLATE`; `npx kit new --help` shows an example.",
  },
  KIT_NEW_NAME_INVALID: {
    exitCode: EXIT.usage,
    message: "The name {value}.",
    fix: "Choose a name such as fraud-check-service: lower-case letters, digits and single dashes, 2 to 41 characters.",
  },
  KIT_NEW_NAME_TAKEN: {
    exitCode: EXIT.usage,
    message: "The name {value}.",
    fix: "Choose another name.",
  },
  KIT_NEW_UNKNOWN_TEMPLATE: {
    exitCode: EXIT.usage,
    message: "There is no template {value}.",
    fix: "Templates are the folders of service-templates/ with a template.yaml.",
  },
  KIT_NEW_OWNER_CONFLICT: {
    exitCode: EXIT.usage,
    message: "{value}",
    fix: "Leave --team out, or choose a name whose domain is new.",
  },
  KIT_NEW_UNEDITABLE: {
    exitCode: EXIT.usage,
    message: "A file cannot be edited: {value}. Nothing was written.",
    fix: "Write that part in YAML's block style, as the other files do, and run the command again.",
  },
  KIT_NEW_REFUSED: {
    exitCode: EXIT.no,
    message: "The result would be invalid: {value}. Nothing was written.",
    fix: "Each problem above says what is wrong and, where it is known, what to write instead.",
  },
  KIT_NEW_NOT_WRITTEN: {
    exitCode: EXIT.no,
    message: "The changes were not written: {value}. Files that were already written are restored.",
    fix: "Correct that problem and run the command again.",
  },
} as const satisfies Record<string, KitErrorEntry>;
