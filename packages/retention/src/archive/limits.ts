/**
 * What archives have at most. Writers keep to it, and readers refuse more before they read or decode it: an archive is
 * read by people who did not write it.
 */

/** Of a manifest file. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
/** In a manifest. */
export const MAX_FILES = 10_000;
/** In a row group. */
export const MAX_GROUP_ROWS = 10_000;
/** In a file. */
export const MAX_ROW_GROUPS = 1000;
/** Of what stands behind the last row group: with the longest texts, 1000 row groups need 44 MiB. */
export const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
/**
 * That a piece of a row group decodes to: all columns but the payload, or the payload. Writers end a row group at 16 Mi
 * characters of payload, and the last one has up to 64 MiB.
 */
export const MAX_PIECE_BYTES = 256 * 1024 * 1024;
/** Revisions that a manifest can name. */
export const MAX_REVISIONS = 10_000;
