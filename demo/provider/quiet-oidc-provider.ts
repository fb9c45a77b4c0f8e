// On Node 20 oidc-provider prints a warning when imported, although it works. Nothing else is silenced.
const { warn } = console;
console.warn = () => {};
const { Provider, errors } = await import('oidc-provider').finally(() => {
  console.warn = warn;
});

export { Provider, errors };
