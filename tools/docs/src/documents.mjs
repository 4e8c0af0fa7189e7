/**
 * The documents of the site, in the order of its navigation.
 * Each group has a title and paths from the root; the packages are in alphabetical order.
 */
export const DOCUMENT_GROUPS = [
  {
    title: "Guides",
    paths: [
      "docs/README.md",
      "docs/getting-started.md",
      "docs/production.md",
      "docs/retention.md",
      "docs/hot-path-state.md",
      "docs/metrics.md",
      "docs/metrics-windows.md",
      "docs/bundling.md",
      "docs/troubleshooting.md",
      "docs/writing-a-backend.md",
      "examples/README.md",
      "examples/gateway/README.md",
      "examples/siem-worker/README.md",
      "examples/retention-job/README.md",
      "examples/dashboard-query/README.md",
      "examples/jsonl-backend/README.md",
    ],
  },
  {
    title: "Packages",
    paths: [
      "packages/cli/README.md",
      "packages/migrations/README.md",
      "packages/retention/README.md",
      "packages/retention/docs/archive-format.md",
      "packages/state-redis/README.md",
      "packages/storage/README.md",
      "packages/storage-contract/README.md",
      "packages/storage-core/README.md",
      "packages/storage-postgres/README.md",
      "packages/storage-postgres/docs/compression.md",
      "packages/storage-sqlite/README.md",
    ],
  },
  {
    title: "Design",
    paths: [
      "ARCHITECTURE.md",
      "docs/adr/0001-storage-architecture.md",
      "docs/adr/0002-retention.md",
      "docs/adr/0003-hot-path-state.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "tools/docs/README.md",
      "tools/release/README.md",
      "tools/test-services/README.md",
      "tools/workspace-checks/README.md",
      "tools/workspace-checks/tarball-sizes.md",
    ],
  },
];
