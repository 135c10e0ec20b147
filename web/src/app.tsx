import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Redirect, Route, Switch } from "wouter";
import { AppFrame } from "@/components/shell/app-frame";
import { AssistantPage } from "@/routes/assistant";
import { ConversationsPage } from "@/routes/conversations";
import { NotFoundPage } from "@/routes/not-found";
import { SeatsPage } from "@/routes/seats";
import { SignInPage } from "@/routes/sign-in";
import { SignUpPage } from "@/routes/sign-up";
import { cssVariables, theme } from "@/theme/theme";

/** The dashboard: its addresses and what they show. */
export function App({ cache }: { cache: QueryClient }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
      <Notifications position="top-right" limit={3} />
      <QueryClientProvider client={cache}>
        <Switch>
          <Route path="/sign-in" component={SignInPage} />
          <Route path="/sign-up" component={SignUpPage} />
          <Route>
            <AppFrame>
              <Switch>
                <Route path="/">
                  <Redirect to="/conversations" replace />
                </Route>
                <Route path="/conversations/:id?">{({ id }) => <ConversationsPage open={id} />}</Route>
                <Route path="/seats/:seat/pair">{({ seat }) => <SeatsPage pairing={seat} />}</Route>
                <Route path="/seats">
                  <SeatsPage />
                </Route>
                <Route path="/assistant" component={AssistantPage} />
                <Route component={NotFoundPage} />
              </Switch>
            </AppFrame>
          </Route>
        </Switch>
      </QueryClientProvider>
    </MantineProvider>
  );
}
