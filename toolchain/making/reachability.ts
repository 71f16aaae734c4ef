const CONNECT_LIMIT_MS = 5_000;

/** Where official downloads come from. */
const DOWNLOAD_HOST = "https://get.pulumi.com/";

let answer: Promise<boolean> | undefined;

/**
 * Whether official downloads can be reached; asked once in the life of the process, so that a machine without a way
 * out waits five seconds once and not once per tool. `KIT_NO_DOWNLOADS=1` answers no without asking.
 */
export function downloadsReachable(): Promise<boolean> {
  answer ??= process.env.KIT_NO_DOWNLOADS === "1" ? Promise.resolve(false) : canConnect();
  return answer;
}

/** Called when a download fails half-way: the rest of this run builds instead. */
export function rememberUnreachable(): void {
  answer = Promise.resolve(false);
}

async function canConnect(): Promise<boolean> {
  try {
    const response = await fetch(DOWNLOAD_HOST, { method: "HEAD", signal: AbortSignal.timeout(CONNECT_LIMIT_MS) });
    return response.status < 500;
  } catch {
    return false;
  }
}
