const controls = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text from files and resources made harmless where it is shown: nothing in it moves a cursor or changes colours. */
export function plain(text: string): string {
  return text.replace(controls, "\ufffd");
}
