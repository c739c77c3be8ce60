@NullMarked
package dev.sluice.userspace;

import org.jspecify.annotations.NullMarked;
