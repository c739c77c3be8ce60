@NullMarked
package dev.sluice.userspace.balance;

import org.jspecify.annotations.NullMarked;
