/** The benchmark of userspace mode under load, beside haproxy and nginx. */
@NullMarked
package dev.sluice.bench.userspace;

import org.jspecify.annotations.NullMarked;
