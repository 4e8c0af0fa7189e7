/** Words that readers have to translate, and what to say instead. One list, so that adding a word is one line. */
export const PRIVATE_WORDS = [
  {
    words: /\b(?:nobody|somebody|someone|anybody|everybody|whoever)(?:'s)?\b/i,
    say: "who it is: the caller, another process, a client, a user; or the passive voice",
  },
  { words: /\bdoors?\b/i, say: "validation, check, entry point" },
  { words: /\bmeant\b/i, say: "selected, intended" },
  { words: /\b(?:go|goes|gone|going|went) on with\b/i, say: "resume, continue" },
  { words: /\bwhat there is\b/i, say: "name the thing: features, available options" },
  { words: /\b(?:stands?|stood) on\b/i, say: "use, depend on, be backed by" },
  { words: /\bout of earshot\b/i, say: "disconnected" },
  { words: /\breturns ends it\b/i, say: "returns an unsubscribe function" },
];

/** `nobody` in quotes is a value, such as the Unix user. */
const QUOTED_VALUE = /(["'`])nobody\1/g;

/** @param {string} line @returns the private words in it, each with what to say instead */
export function privateWords(line) {
  const text = line.replaceAll(QUOTED_VALUE, "");
  return PRIVATE_WORDS.flatMap(({ words, say }) => {
    const found = words.exec(text);
    return found === null ? [] : [{ word: found[0], say }];
  });
}
