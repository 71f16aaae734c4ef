/** Kafka's own error names (for example `TOPIC_AUTHORIZATION_FAILED`) anywhere inside an error of the client. */
export function protocolErrors(error: unknown): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (!(value instanceof Error) || depth > 8) return;
    if ("apiId" in value && typeof value.apiId === "string") found.add(value.apiId);
    if (value instanceof AggregateError) for (const inner of value.errors) visit(inner, depth + 1);
    visit(value.cause, depth + 1);
  };
  visit(error, 0);
  return [...found];
}

/** How a request ended: `allowed`, or the broker's error names. */
export async function outcomeOf(request: () => Promise<unknown>): Promise<string> {
  try {
    await request();
    return "allowed";
  } catch (error) {
    const names = protocolErrors(error);
    if (names.length === 0) throw error;
    return names.join(",");
  }
}
