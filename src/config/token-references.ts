import type { Located } from './check.js';
import type { ProblemList } from './problems.js';
import { hasReference, visitTexts } from './references.js';

/** Refuses every `${…}` in settings that travel through Temporal. */
export function reportTokenReferences({ source, path, value }: Located, problems: ProblemList): void {
  visitTexts(value, (text, below) => {
    if (hasReference(text))
      problems.add(source, [...path, ...below], 'ReferenceNotAllowed', 'a token may hold no reference');
  });
}
