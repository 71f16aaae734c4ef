/** Shared types of a registry's subjects, as files of the project. Pure. */
import { compareText } from "../../components/model/problems/problem.ts";
import type { LiveSubject } from "../../components/plan/live.ts";

/** A type that event schemas refer to. */
export interface AdoptedType {
  /** Full name. */
  readonly name: string;
  /** Its current subject. */
  readonly subject: string;
  /** Path below `topics/`; contains the full name, so that two types with one simple name have two files. */
  readonly schemaPath: string;
  /** JSON text without white space. */
  readonly schema: string;
}

/** All direct and indirect references of a subject's schema, in their newest version; sorted by name. */
export function sharedBehind(subject: LiveSubject, subjects: readonly LiveSubject[]): AdoptedType[] {
  const found = new Map<string, AdoptedType>();
  const queue = [...(subject.references ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, subject: holder } = next;
    const live = found.has(name) ? undefined : subjects.find((candidate) => candidate.name === holder);
    if (live === undefined) continue;
    found.set(name, {
      name,
      subject: holder,
      schemaPath: `schemas/shared/${name}.avsc`,
      schema: withoutSpace(live.schema),
    });
    queue.push(...(live.references ?? []));
  }
  return [...found.values()].sort((a, b) => compareText(a.name, b.name));
}

function withoutSpace(schema: string): string {
  try {
    return JSON.stringify(JSON.parse(schema));
  } catch {
    return schema;
  }
}
