/** IPVS virtual and real servers over generic netlink. */
@NullMarked
package dev.sluice.linux.ipvs;

import org.jspecify.annotations.NullMarked;
