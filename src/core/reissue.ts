/**
 * What may be done when the answer to an issue request was lost.
 * - `A` re-mintable: ask again.
 * - `B` overlap creatable: delete the orphan, ask again.
 * - `C` replayable: the SAME request again, within a window.
 * - `D` destructive: probe, then a person.
 */
export type ReissueClass = 'A' | 'B' | 'C' | 'D';
