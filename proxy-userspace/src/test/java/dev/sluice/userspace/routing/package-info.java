@NullMarked
package dev.sluice.userspace.routing;

import org.jspecify.annotations.NullMarked;
