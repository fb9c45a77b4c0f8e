// oidc-provider warns on the console while it is imported on Node 20, where it works all the same. Nothing else is silenced.
const { warn } = console;
console.warn = () => {};
const { Provider, errors } = await import('oidc-provider').finally(() => {
  console.warn = warn;
});

export { Provider, errors };
