/** Returns the port of an http or https address: its own, otherwise the default of the protocol. */
export function portOfAddress(address: string): number {
  const { port, protocol } = new URL(address);
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
