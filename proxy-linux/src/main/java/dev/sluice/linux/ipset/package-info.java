/** Creates, fills and reads IP sets over nfnetlink; knows nothing of the rules that ask them. */
@NullMarked
package dev.sluice.linux.ipset;

import org.jspecify.annotations.NullMarked;
