/** Where the wishes come from: an API server or a directory of manifests. */
@NullMarked
package dev.sluice.kubernetes;

import org.jspecify.annotations.NullMarked;
