/** Reading Kubernetes objects, from JSON or YAML, into the core's slim ones: tolerant of anything, silent about nothing. */
@NullMarked
package dev.sluice.kubernetes.read;

import org.jspecify.annotations.NullMarked;
