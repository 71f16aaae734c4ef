const CONNECT_LIMIT_MS = 5_000;

/** Host of the official downloads. */
const DOWNLOAD_HOST = "https://get.pulumi.com/";

let answer: Promise<boolean> | undefined;

/**
 * Returns whether official downloads are reachable. It checks once per process, so that a machine without network
 * access waits five seconds once and not once per tool. `KIT_NO_DOWNLOADS=1` answers no without a check.
 */
export function downloadsReachable(): Promise<boolean> {
  answer ??= process.env.KIT_NO_DOWNLOADS === "1" ? Promise.resolve(false) : canConnect();
  return answer;
}

/** Records a failed download: the rest of this run builds instead. */
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
