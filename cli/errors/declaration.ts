/** Errors of the commands that read the declaration: `kit check`, `diff`, `render`, `import`. */
import { EXIT, type KitErrorEntry } from "./entry.ts";

export const declarationErrors = {
  KIT_UNKNOWN_STACK: {
    exitCode: EXIT.usage,
    message: "There is no stack {value}.",
    fix: "Each file stacks/Pulumi.<stack>.yaml is a stack; `local` runs on this machine.",
  },
  KIT_STACK_FILE_INVALID: {
    exitCode: EXIT.usage,
    message: "A stack file cannot be read: {value}",
    fix: "Correct the YAML at that location.",
  },
  KIT_MODEL_INVALID: {
    exitCode: EXIT.usage,
    message: "The declaration of the platform has {value}. Nothing was changed.",
    fix: "Correct the problems listed above and run the command again.",
  },
  KIT_CHECK_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "There is no folder {value}.",
    fix: "Give the folder with the domain files: `npx kit check --topics topics`.",
  },
  KIT_CHECK_NO_EXCEPTIONS: {
    exitCode: EXIT.usage,
    message: "There is no file {value}.",
    fix: "Give the file with exceptions, or omit --exceptions: the default is policies/exceptions.yaml.",
  },
  KIT_CHECK_NO_MANIFESTS: {
    exitCode: EXIT.usage,
    message: "There is no Kubernetes object in {value}.",
    fix: "Render them first: `npx kit render prod --out rendered`, then `npx kit check --stack prod --manifests rendered`.",
  },
  KIT_CHECK_MANIFEST_UNREADABLE: {
    exitCode: EXIT.usage,
    message: "A manifest can't be read: {value}.",
    fix: "Correct the YAML at that location, or leave the file out.",
  },
  KIT_DIGEST_INVALID: {
    exitCode: EXIT.usage,
    message: "{value} is not a plan digest.",
    fix: "Copy it from the output of `kit diff`: two groups of 24 hexadecimal digits with a dash between them.",
  },
  KIT_DIGEST_REFUSED: {
    exitCode: EXIT.no,
    message: "The change with digest {value} was refused. Nothing was changed.",
    fix: "`npx kit diff` shows an alternative for each refused change.",
  },
  KIT_DIGEST_OTHER_PLAN: {
    exitCode: EXIT.no,
    message: "The plan differs from the one that was judged: {value}. Nothing was changed.",
    fix: "Check out the commit that was judged, with the same --stack; or judge the current files: `npx kit diff --base <applied commit>`.",
  },
  KIT_DIGEST_OTHER_BASE: {
    exitCode: EXIT.no,
    message:
      "The plan was judged against a different state from the one that is applied now: {value}. Nothing was changed.",
    fix: "Another change was applied in the meantime. Judge the plan again against that state and use the new digest.",
  },
  KIT_DIFF_UNKNOWN_REF: {
    exitCode: EXIT.usage,
    message: "{value} is neither a commit nor a folder with topics/.",
    fix: "Give a branch, a tag or a commit of this clone (in CI: fetch it first, fetch-depth: 0), or a folder that holds topics/.",
  },
  KIT_DIFF_NO_TOPICS: {
    exitCode: EXIT.usage,
    message: "The folder {value} has no topics/.",
    fix: "Give the folder that contains topics/ and stacks/.",
  },
  KIT_DIFF_UNRELATED: {
    exitCode: EXIT.usage,
    message: "{value} have no commit in common.",
    fix: "Compare with a branch that this one started from, or write A..B to compare the two directly.",
  },
  KIT_DIFF_HISTORY_MISSING: {
    exitCode: EXIT.missing,
    message: "This clone has only part of the history, and {value} needs all of it.",
    fix: "Run `git fetch --unshallow` (in CI: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab), then run the command again.",
  },
  KIT_DIFF_BASE_INVALID: {
    exitCode: EXIT.usage,
    message: "The base is not valid under the current rules: {value}.",
    fix: "The problems are listed above. Compare with a valid commit, such as the one that is applied.",
  },
  KIT_GIT_MISSING: {
    exitCode: EXIT.missing,
    message: "git can't be started ({value}).",
    fix: "Install git, or compare two folders.",
  },
  KIT_GIT_FAILED: {
    exitCode: EXIT.missing,
    message: "git can't read what the command needs: {value}.",
    fix: "Fetch the commit with all its files (not a partial clone), then run the command again.",
  },
  KIT_IMPORT_REFUSED: {
    exitCode: EXIT.usage,
    message: "The cluster's topics do not fit into the declaration: {value}. Nothing was written.",
    fix: "The problems are listed above. Leave those topics out with --exclude, or choose another --domain.",
  },
  KIT_RENDER_LOCAL: {
    exitCode: EXIT.usage,
    message: "The stack {value} runs on this machine and has no Kubernetes objects.",
    fix: "Choose a stack whose substrate is `kubernetes`, such as dev, staging or prod.",
  },
  KIT_RENDER_FOLDER: {
    exitCode: EXIT.usage,
    message: "The folder {value} has files that `kit render` did not write. Nothing was changed.",
    fix: "Give an empty folder, or one that `kit render` wrote earlier.",
  },
  KIT_STACK_NOT_KUBERNETES: {
    exitCode: EXIT.usage,
    message: "The stack {value} does not run on Kubernetes.",
    fix: "Choose a stack whose substrate is `kubernetes`, such as dev, staging or prod.",
  },
} as const satisfies Record<string, KitErrorEntry>;
