@NullMarked
package dev.sluice.userspace.rules;

import org.jspecify.annotations.NullMarked;
