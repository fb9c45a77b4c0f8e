// Stands in the way of `npm publish` by hand: dist/ may hold files of sources that are gone, and SBOM and checks would be missing.
console.error('npm run release publishes: it builds anew, checks, and writes the SBOM (docs/releasing.md)');
process.exit(1);
