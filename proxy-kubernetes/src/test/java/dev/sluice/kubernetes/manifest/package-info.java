/** Tests. */
@NullMarked
package dev.sluice.kubernetes.manifest;

import org.jspecify.annotations.NullMarked;
