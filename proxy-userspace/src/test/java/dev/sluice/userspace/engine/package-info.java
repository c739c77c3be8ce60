@NullMarked
package dev.sluice.userspace.engine;

import org.jspecify.annotations.NullMarked;
