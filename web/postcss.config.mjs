export default {
  plugins: {
    "postcss-preset-mantine": {},
    "postcss-simple-vars": {
      variables: { "breakpoint-phone": "48em", "breakpoint-wide": "62em" },
    },
  },
};
