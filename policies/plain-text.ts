const controls = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Returns text from files and resources without control characters for display, so that it can neither move the cursor
 * nor change colours.
 */
export function plain(text: string): string {
  return text.replace(controls, "\ufffd");
}
