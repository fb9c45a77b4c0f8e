// Prevents a manual `npm publish`: dist/ may contain files of deleted sources, and SBOM and checks would be missing.
console.error('npm run release publishes: it builds anew, checks, and writes the SBOM (docs/releasing.md)');
process.exit(1);
