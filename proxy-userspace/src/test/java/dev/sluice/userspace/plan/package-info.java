@NullMarked
package dev.sluice.userspace.plan;

import org.jspecify.annotations.NullMarked;
