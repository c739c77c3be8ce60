/** Named packet counters of the kernel over nfnetlink ("nfacct"), which rules count into. */
@NullMarked
package dev.sluice.linux.nfacct;

import org.jspecify.annotations.NullMarked;
