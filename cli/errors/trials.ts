/** Errors of orders, verification, chaos runs and benchmarks. */
import { EXIT, type KitErrorEntry } from "./entry.ts";

export const trialsErrors = {
  KIT_TOPICS_UNREADABLE: {
    exitCode: EXIT.missing,
    message: "The topics could not be read to the end: {value}.",
    fix: "`npx kit status` shows which brokers run. A partition cannot be read while it has no leader.",
  },
  KIT_PROJECT_INVALID: {
    exitCode: EXIT.usage,
    message: "The project's configuration is invalid: {value}",
    fix: "Correct kit.config.ts or the module it names; docs/guide/project.md describes every part.",
  },
  KIT_PROJECT_PART_MISSING: {
    exitCode: EXIT.missing,
    message: "The project's configuration is incomplete: {value}.",
    fix: "Add it to kit.config.ts at the project's root; docs/guide/project.md describes every part.",
  },
  KIT_WITNESS_INVALID: {
    exitCode: EXIT.usage,
    message: "The witness file is invalid: {value}",
    fix: "Give a file that `kit chaos` or `kit bench` wrote; cli/witness.ts describes its fields.",
  },
  KIT_ISSUER_KEY_MISSING: {
    exitCode: EXIT.missing,
    message: "The token issuer's key is missing: {value}",
    fix: "`npx kit up` creates it.",
  },
  KIT_GATEWAY_UNREACHABLE: {
    exitCode: EXIT.missing,
    message: "The gateway does not answer: {value}",
    fix: "`npx kit status` shows whether it runs; `npx kit up` starts it again.",
  },
  KIT_ORDER_REFUSED: {
    exitCode: EXIT.no,
    message: "The gateway refused the order: {value}",
    fix: "Correct the order as the answer says; `npx kit order --help` shows an example.",
  },
  KIT_ORDER_TIMED_OUT: {
    exitCode: EXIT.no,
    message: "The order did not finish in time: {value}",
    fix: "`npx kit status` shows which service does not run, and its log file.",
  },
  KIT_SAMPLE_FAILED: {
    exitCode: EXIT.no,
    message: "A sample order did not end as expected: {value}",
    fix: "`npx kit status` lists the services' log files.",
  },
  KIT_CHAOS_FAILED: {
    exitCode: EXIT.no,
    message: "The chaos run could not continue: {value}",
    fix: "The injected faults are healed. `npx kit status` shows what runs, and the log files.",
  },
  KIT_CHAOS_VOID: {
    exitCode: EXIT.no,
    message: "The run is void ({value}): a fault had no visible effect, so the run says nothing about the platform.",
    fix: "Run it again with a higher --rate or a longer --duration; the evidence is in the report.",
  },
  KIT_CHAOS_VIOLATED: {
    exitCode: EXIT.no,
    message: "An invariant is broken after the fault ({value}).",
    fix: "The report names orders and records; `npx kit verify --witness FILE` with the run's witness.json checks again.",
  },
  KIT_BENCH_FAILED: {
    exitCode: EXIT.no,
    message: "The benchmark could not finish: {value}",
    fix: "The message above names the step that failed.",
  },
} as const satisfies Record<string, KitErrorEntry>;
