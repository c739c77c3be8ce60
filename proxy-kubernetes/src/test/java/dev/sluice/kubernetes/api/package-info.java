/** Tests. */
@NullMarked
package dev.sluice.kubernetes.api;

import org.jspecify.annotations.NullMarked;
