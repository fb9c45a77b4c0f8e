/** The step that delivers to one sink; its stall is kept under this id. */
export const deliverStepId = (sink: string): `deliver:${string}` => `deliver:${sink}`;

/** Whether a step delivers to one sink. */
export const isDeliverStepId = (id: string): boolean => id.startsWith(deliverStepId(''));

/** The step that empties a place; the id stays the same until it is done. */
export const emptyStepId = (left: {
  readonly sink: { readonly id: string };
  readonly revision: number;
}): `empty:${string}` => `empty:${left.sink.id}@${left.revision}`;

/** The step that ends an old generation. */
export const retireStepId = (generation: number): `retire:${number}` => `retire:${generation}`;

/** The step that tells one notice. */
export const notifyStepId = (notice: string): `notify:${string}` => `notify:${notice}`;

/** The step that ends the lifecycle. Another kind of end is another step, so that the one under way is cancelled. */
export const closeStepId = (kind: 'revoke' | 'forget'): `close:${string}` => `close:${kind}`;
