/** An API server as the source: fabric8's informers on resource types that hold only what the proxy reads. */
@NullMarked
package dev.sluice.kubernetes.api;

import org.jspecify.annotations.NullMarked;
