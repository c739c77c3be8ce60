/** Which endpoint gets a connection: what event loops choose among, and how. */
@NullMarked
package dev.sluice.userspace.balance;

import org.jspecify.annotations.NullMarked;
