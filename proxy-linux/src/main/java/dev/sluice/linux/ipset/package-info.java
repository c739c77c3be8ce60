/** IP sets over nfnetlink. */
@NullMarked
package dev.sluice.linux.ipset;

import org.jspecify.annotations.NullMarked;
